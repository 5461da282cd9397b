/**
 * What people connect to PostgreSQL with, against zerolite's port: each test checks what came back,
 * not only that nothing failed.
 *
 * <p>It must not know how the server works: only host, port, user and password.
 */
package dev.zerolite.drivers;
