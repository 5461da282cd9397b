/**
 * A cluster's directory on disk: made from the template, whole or not at all; locked; checked
 * before it is opened; removed.
 *
 * <p>It must know nothing of backends or SQL: it ends where PostgreSQL's own files begin.
 */
package dev.zerolite.pglite.directory;
