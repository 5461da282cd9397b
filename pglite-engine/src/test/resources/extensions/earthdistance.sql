CREATE EXTENSION earthdistance

CREATE EXTENSION earthdistance CASCADE

SELECT round(earth()), round(earth_distance(ll_to_earth(52.52, 13.405), ll_to_earth(48.137, 11.575)))

SELECT round(latitude(ll_to_earth(52.5, 13.4))::numeric, 6), round(longitude(ll_to_earth(52.5, 13.4))::numeric, 6), point(13.4, 52.5) <@> point(11.5, 48.1)

SELECT earth_box(ll_to_earth(52.5, 13.4), 10000) @> ll_to_earth(52.51, 13.41)

DROP EXTENSION cube

DROP EXTENSION cube CASCADE
