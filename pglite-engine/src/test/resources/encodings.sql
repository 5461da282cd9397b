SET client_encoding = 'LATIN1'

SELECT U&'caf\00e9 \00df'

SELECT U&'\20ac'

SELECT octet_length('x'), 'plain'

SET client_encoding = 'WIN1252'

SELECT U&'\20ac \201eso\201c'

SET client_encoding = 'EUC_JP'

SELECT U&'\65e5\672c \3042'

SET client_encoding = 'SJIS'

SELECT U&'\65e5\672c \3042'

SET client_encoding = 'GB18030'

SELECT U&'\65e5\672c \+01f600'

SET client_encoding = 'BIG5'

SELECT U&'\65e5\672c'

SET client_encoding = 'SHIFT_JIS_2004'

SELECT U&'\304b\309a'

SET client_encoding = 'MULE_INTERNAL'

SELECT 1

SET client_encoding = 'nonsense'

RESET client_encoding

SHOW client_encoding

SELECT convert('text_in_utf8', 'UTF8', 'LATIN1'), convert_from('\xe4f6', 'LATIN1'), convert_to(U&'\00e4', 'WIN1252'), convert_to(U&'\304b\309a', 'EUC_JIS_2004'), convert_from('\xa4ab', 'EUC_JIS_2004')

SELECT convert_from('\xff', 'UTF8')

SELECT convert_to(U&'\20ac', 'LATIN1')

SELECT convert('\x41', 'LATIN1', 'EUC_JP')

SELECT convert('\x41', 'nonsense', 'UTF8')

SELECT convert_from('\x8fa1', 'EUC_JP')

CREATE TABLE encoded (t text)

INSERT INTO encoded VALUES (U&'gr\00fc\00dfe')

COPY encoded TO '/tmp/zerolite_latin1.txt' ENCODING 'LATIN1'

SELECT pg_read_binary_file('/tmp/zerolite_latin1.txt')

COPY encoded FROM '/tmp/zerolite_latin1.txt' ENCODING 'LATIN1'

SELECT * FROM encoded

COPY encoded FROM '/tmp/zerolite_latin1.txt' ENCODING 'UTF8'

COPY encoded TO '/tmp/zerolite_latin1.txt' ENCODING 'SJIS'

COPY encoded TO '/tmp/zerolite_latin1.txt' ENCODING 'nonsense'

CREATE CONVERSION mine FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8

DROP CONVERSION mine

CREATE CONVERSION wrong FOR 'LATIN1' TO 'UTF8' FROM utf8_to_iso8859_1

CREATE DATABASE wrong ENCODING 'SJIS'

CREATE DATABASE wrong ENCODING 'LATIN1'

CREATE DATABASE wrong ENCODING 'nonsense'

DROP TABLE encoded
