/**
 * The functions that PostgreSQL's own output plugin {@code pgoutput} needs and that the engine's
 * main module lacks: the message writers of proto.c and the publication look-ups around them. This
 * package must know nothing of sockets, walsenders, threads or of what a consumer does with the
 * bytes.
 */
package dev.zerolite.pglite.decode;
