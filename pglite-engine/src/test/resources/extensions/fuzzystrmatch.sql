CREATE EXTENSION fuzzystrmatch

SELECT soundex('hello world!'), difference('Anne', 'Andrew'), levenshtein('GUMBO', 'GAMBOL'), levenshtein('GUMBO', 'GAMBOL', 2, 1, 1), levenshtein_less_equal('extensive', 'exhaustive', 2)

SELECT metaphone('Thompson', 4), dmetaphone('gumbo'), dmetaphone_alt('Schmidt'), daitch_mokotoff('George'), daitch_mokotoff('Schwarzenegger')

SELECT levenshtein(repeat('x', 300), 'y')

SELECT metaphone('x', 0)

DROP EXTENSION fuzzystrmatch
