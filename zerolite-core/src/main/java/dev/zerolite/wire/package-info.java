/**
 * The TCP server that puts PostgreSQL's frontend/backend protocol in front of backends: listening,
 * encryption, and from then on bytes that it leaves to them unread.
 *
 * <p>It must not know SQL, zero-cache, migrations or how a backend works: only {@link
 * dev.zerolite.pglite.BackendStarter}, {@link dev.zerolite.pglite.Backend}, {@link
 * dev.zerolite.pglite.ClientInput} and {@link dev.zerolite.pglite.ClientOutput}.
 *
 * <pre>
 *  client                        Connection (one thread per client)                 Backend
 *    │ ── SSLRequest ──────────────▶ │                                                 │
 *    │ ◀── 'N' ───────────────────── │  likewise GSSENCRequest                         │
 *    │ ── StartupMessage ──────────▶ │  ConnectionGate: may hold the client here       │
 *    │    or CancelRequest           │ ── BackendStarter.connect ────────────────────▶ │
 *    │ ◀── Authentication … ReadyForQuery ─────────────────────────── ClientOutput ─── │
 *    │ ── every byte ──────────────────────────────────────────────── ClientInput ───▶ │
 *    │ ◀── every byte ─────────────────────────────────────────────── ClientOutput ─── │
 *    │ ── close or reset ──────────────────────────────────────────── ClientInput ───▶ │
 *    │ ◀── close ─────────────────── │ ◀── awaitEnd() ──────────────────────────────── │
 *
 *  With TLS the Connection's thread reads: receive() and disconnect() take the
 *  place of ClientInput.
 *  Refused at any step before connect: ErrorResponse (FATAL), then close.
 * </pre>
 *
 * @see <a href="https://www.postgresql.org/docs/18/protocol-flow.html">Message Flow</a>
 * @see <a href="https://www.postgresql.org/docs/18/protocol-message-formats.html">Message
 *     Formats</a>
 */
package dev.zerolite.wire;
