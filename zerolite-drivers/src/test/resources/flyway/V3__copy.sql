COPY author (name) FROM STDIN;
Bertha
Cäsar
\.
