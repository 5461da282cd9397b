CREATE EXTENSION pgcrypto

SELECT digest('abc', 'md5'), digest('abc', 'sha1'), digest('abc', 'sha224'), digest('abc', 'sha256'), digest('abc', 'sha384'), digest('abc', 'sha512')

SELECT hmac('data', 'key', 'sha256'), hmac('data', repeat('key', 100), 'md5')

SELECT digest('abc', 'nonsense')

SELECT crypt('secret', '$1$aHGKkFDk'), crypt('secret', '$2a$04$abcdefghijklmnopqrstuu'), crypt('secret', 'ab'), crypt('secret', '_J9..rasm')

SELECT crypt('secret', '$5$rounds=1000$saltstring'), crypt('secret', '$6$rounds=1000$saltstring')

SELECT length(gen_salt('bf', 5)), length(gen_salt('md5')), length(gen_salt('sha512crypt')), crypt('pw', gen_salt('bf', 4)) IS NOT NULL

SELECT encrypt('data', 'key', 'aes'), encrypt('data', '0123456789abcdef', 'aes-cbc/pad:pkcs'), encrypt_iv('data', 'key', '12345678', 'aes')

SELECT convert_from(decrypt(encrypt('data', 'key', 'aes'), 'key', 'aes'), 'UTF8'), convert_from(decrypt(encrypt('data', 'key', '3des'), 'key', '3des'), 'UTF8')

SELECT encrypt('data', 'key', 'nonsense')

SELECT pgp_sym_decrypt(pgp_sym_encrypt('hello', 'pw', 'compress-algo=1, cipher-algo=aes256'), 'pw')

SELECT pgp_sym_decrypt(pgp_sym_encrypt('hello', 'pw'), 'wrong')

SELECT armor('abc', ARRAY['k'], ARRAY['v']), dearmor(armor('abc'))

SELECT length(gen_random_bytes(33)), gen_random_uuid() IS NOT NULL, length(fips_mode()::text) > 0

SELECT gen_random_bytes(2000)

SELECT pgp_key_id('nonsense')

DROP EXTENSION pgcrypto
