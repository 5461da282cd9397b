SHOW server_encoding

SET client_encoding = 'UTF8'

CREATE TABLE names (n text PRIMARY KEY)

INSERT INTO names VALUES (U&'\00c4rger'), ('Zorn'), ('Wut')

SELECT n, length(n), octet_length(n) FROM names ORDER BY n

INSERT INTO names VALUES ('10 €')

SELECT '€'

SELECT chr(228), ascii('ä'), chr(256)

SET client_encoding = 'LATIN1'

SELECT n FROM names WHERE n LIKE '%rger'

SET client_encoding = 'EUC_JP'

SELECT convert_from('\xe4', 'LATIN1'), convert_to(chr(228), 'UTF8')
