/**
 * Whether logical decoding works with this engine: the test, and the record of the build's having
 * passed it. What is written in Java for decoding depends on where PostgreSQL's structures have
 * their fields, which nothing but a test can tell.
 */
package dev.zerolite.pglite.selftest;
