CREATE EXTENSION unaccent

SELECT unaccent('Hôtel Ærø Ž ½ №'), unaccent('unaccent', 'Ünïcödé'), ts_lexize('unaccent', 'Hôtel'), ts_lexize('unaccent', 'x')

CREATE TEXT SEARCH CONFIGURATION fr (COPY = french)

ALTER TEXT SEARCH CONFIGURATION fr ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem

SELECT to_tsvector('fr', 'Hôtels de la Mer')

DROP TEXT SEARCH CONFIGURATION fr

DROP EXTENSION unaccent
