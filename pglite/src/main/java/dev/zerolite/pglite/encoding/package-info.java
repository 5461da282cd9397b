/**
 * What PostgreSQL's conversion libraries ({@code utf8_and_win.so} and so on) expect of the server,
 * and PGlite's main module was linked without: utils/mb/conv.c and parts of mbutils.c and wchar.c.
 * The tables and the rules of each encoding are in the libraries and the server.
 */
package dev.zerolite.pglite.encoding;
