CREATE EXTENSION dict_xsyn

ALTER TEXT SEARCH DICTIONARY xsyn (RULES = 'xsyn_sample', KEEPORIG = true, MATCHORIG = true, KEEPSYNONYMS = true, MATCHSYNONYMS = false)

SELECT ts_lexize('xsyn', 'supernova'), ts_lexize('xsyn', 'sn'), ts_lexize('xsyn', 'grb')

ALTER TEXT SEARCH DICTIONARY xsyn (RULES = 'xsyn_sample', KEEPORIG = false, MATCHSYNONYMS = true)

SELECT ts_lexize('xsyn', 'sn')

DO $$ BEGIN ALTER TEXT SEARCH DICTIONARY xsyn (RULES = 'nowhere'); EXCEPTION WHEN config_file_error THEN RAISE NOTICE 'no such file'; END $$

DROP EXTENSION dict_xsyn
