package dev.zerolite.s3;

import dev.zerolite.config.S3Config;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** The AWS SDK's clients, pointed at our endpoint and otherwise as they come. */
final class Clients {
  static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(
          AwsBasicCredentials.create(S3Config.DEFAULT_ACCESS_KEY, S3Config.DEFAULT_SECRET_KEY));

  private Clients() {}

  static S3Client sync(S3Server server) {
    return builder(server, CREDENTIALS).build();
  }

  static S3ClientBuilder builder(S3Server server, AwsCredentialsProvider credentials) {
    return builder(URI.create(server.url()), credentials);
  }

  static S3ClientBuilder builder(URI endpoint, AwsCredentialsProvider credentials) {
    return S3Client.builder()
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(credentials)
        .forcePathStyle(true)
        .httpClientBuilder(Apache5HttpClient.builder().maxConnections(100));
  }

  /** With the SDK's own multipart uploads and downloads. */
  static S3AsyncClient async(S3Server server) {
    return S3AsyncClient.builder()
        .endpointOverride(URI.create(server.url()))
        .region(Region.US_EAST_1)
        .credentialsProvider(CREDENTIALS)
        .forcePathStyle(true)
        .multipartEnabled(true)
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(100))
        .build();
  }

  static S3Presigner presigner(S3Server server) {
    return presigner(URI.create(server.url()));
  }

  static S3Presigner presigner(URI endpoint) {
    return S3Presigner.builder()
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(CREDENTIALS)
        .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
        .build();
  }

  static String md5(String text) {
    return HexFormat.of().formatHex(digest("MD5", text));
  }

  static String sha256(String text) {
    return Base64.getEncoder().encodeToString(digest("SHA-256", text));
  }

  private static byte[] digest(String algorithm, String text) {
    try {
      return MessageDigest.getInstance(algorithm).digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
