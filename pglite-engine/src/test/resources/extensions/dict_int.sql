CREATE EXTENSION dict_int

SELECT ts_lexize('intdict', '511673'), ts_lexize('intdict', '129'), ts_lexize('intdict', '-40865854')

ALTER TEXT SEARCH DICTIONARY intdict (MAXLEN = 4, REJECTLONG = true)

SELECT ts_lexize('intdict', '40865854'), ts_lexize('intdict', '4086')

ALTER TEXT SEARCH DICTIONARY intdict (MAXLEN = -214783648)

DROP EXTENSION dict_int
