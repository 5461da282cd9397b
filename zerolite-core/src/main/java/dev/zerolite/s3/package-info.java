/**
 * The S3 endpoint: S3Proxy's protocol on an embedded HTTP server, with the files of {@link
 * dev.zerolite.s3.awssdk} behind it. Must not know: the database, zero-cache or the app.
 */
package dev.zerolite.s3;
