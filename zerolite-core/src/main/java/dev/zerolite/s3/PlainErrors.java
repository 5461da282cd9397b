package dev.zerolite.s3;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.gaul.shaded.org.eclipse.jetty.http.HttpHeader;
import org.gaul.shaded.org.eclipse.jetty.http.HttpStatus;
import org.gaul.shaded.org.eclipse.jetty.server.Request;
import org.gaul.shaded.org.eclipse.jetty.server.Response;
import org.gaul.shaded.org.eclipse.jetty.server.handler.ErrorHandler;
import org.gaul.shaded.org.eclipse.jetty.util.Callback;

/** Answers requests that never reach S3Proxy, because they are no HTTP, as S3 does: in XML. */
final class PlainErrors extends ErrorHandler {
  @Override
  public boolean errorPageForMethod(String method) {
    return true;
  }

  @Override
  protected void generateResponse(
      Request request,
      Response response,
      int status,
      String message,
      Throwable cause,
      Callback callback) {
    var code = status >= HttpStatus.INTERNAL_SERVER_ERROR_500 ? "InternalError" : "InvalidRequest";
    var xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>%s</Code><Message>%s</Message></Error>"
            .formatted(code, HttpStatus.getMessage(status));
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/xml;charset=utf-8");
    response.write(true, ByteBuffer.wrap(xml.getBytes(StandardCharsets.UTF_8)), callback);
  }
}
