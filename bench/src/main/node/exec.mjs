// PGlite behind standard input and output: int32 length and messages in; nanoseconds, ReadyForQuery and ErrorResponse
// counts out.
import { PGlite } from '@electric-sql/pglite'

const db = await PGlite.create()

function count(answer) {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  let readies = 0
  let errors = 0
  for (let at = 0; at < answer.length; at += 1 + view.getInt32(at + 1)) {
    if (answer[at] === 0x5a) readies++
    if (answer[at] === 0x45) errors++
  }
  return [readies, errors]
}

let input = Buffer.alloc(0)
for await (const chunk of process.stdin) {
  input = input.length === 0 ? chunk : Buffer.concat([input, chunk])
  while (input.length >= 4 && input.length >= 4 + input.readInt32BE(0)) {
    const end = 4 + input.readInt32BE(0)
    const messages = new Uint8Array(input.subarray(4, end))
    input = input.subarray(end)
    const start = process.hrtime.bigint()
    const answer = await db.execProtocolRaw(messages, { syncToFs: false })
    const elapsed = process.hrtime.bigint() - start
    const [readies, errors] = count(answer)
    const reply = Buffer.alloc(16)
    reply.writeBigInt64BE(elapsed, 0)
    reply.writeInt32BE(readies, 8)
    reply.writeInt32BE(errors, 12)
    process.stdout.write(reply)
  }
}
