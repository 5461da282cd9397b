// Everything that an app does with the AWS SDK for JavaScript, against the endpoint of the environment.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command,
  NoSuchKey, PutObjectCommand, S3Client, paginateListObjectsV2,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { createPresignedPost } from '@aws-sdk/s3-presigned-post'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const Bucket = process.env.S3_BUCKET
const s3 = new S3Client({
  endpoint: process.env.S3_ENDPOINT,
  region: process.env.S3_REGION,
  forcePathStyle: true,
  credentials: { accessKeyId: process.env.S3_ACCESS_KEY_ID, secretAccessKey: process.env.S3_SECRET_ACCESS_KEY },
})
const text = async key => (await s3.send(new GetObjectCommand({ Bucket, Key: key }))).Body.transformToString()

const steps = {
  async 'put, head, get'() {
    const Key = 'js/ümläut & space.txt'
    const put = await s3.send(new PutObjectCommand({
      Bucket, Key, Body: 'hello', ContentType: 'text/x-js', Metadata: { who: 'node' },
    }))
    assert.equal(put.ETag, `"${createHash('md5').update('hello').digest('hex')}"`)
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }))
    assert.deepEqual([head.ContentType, head.ContentLength, head.Metadata], ['text/x-js', 5, { who: 'node' }])
    assert.equal(await text(Key), 'hello')
  },
  async 'every checksum'() {
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256', 'CRC64NVME']) {
      await s3.send(new PutObjectCommand({ Bucket, Key: 'js/sum', Body: ChecksumAlgorithm, ChecksumAlgorithm }))
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'js/sum', ChecksumMode: 'ENABLED' }))
      assert.equal(await got.Body.transformToString(), ChecksumAlgorithm)
    }
  },
  async 'a stream of known length'() {
    await s3.send(new PutObjectCommand({
      Bucket, Key: 'js/stream', Body: Readable.from(['one ', 'two']), ContentLength: 7,
    }))
    assert.equal(await text('js/stream'), 'one two')
  },
  async 'upload in parts, from a stream of unknown length'() {
    const bytes = randomBytes(12 * 1024 * 1024 + 17)
    const done = await new Upload({
      client: s3, params: { Bucket, Key: 'js/big', Body: Readable.from([bytes.subarray(0, 7e6), bytes.subarray(7e6)]) },
    }).done()
    assert.match(done.ETag, /-3"$/)
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'js/big' }))
    assert.equal(Buffer.compare(Buffer.from(await got.Body.transformToByteArray()), bytes), 0)
    const part = await s3.send(new GetObjectCommand({ Bucket, Key: 'js/big', Range: 'bytes=6999999-7000000' }))
    assert.deepEqual(Buffer.from(await part.Body.transformToByteArray()), bytes.subarray(6999999, 7000001))
  },
  async 'presigned GET and PUT'() {
    const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'js/pre', ContentType: 'text/plain' }))
    const stored = await fetch(put, { method: 'PUT', body: 'presigned', headers: { 'content-type': 'text/plain' } })
    assert.equal(stored.status, 200, await stored.text())
    const got = await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'js/pre' })))
    assert.equal(await got.text(), 'presigned')
  },
  async 'presigned POST'() {
    const { url, fields } = await createPresignedPost(s3, {
      Bucket, Key: 'js/form/${filename}', Conditions: [['content-length-range', 1, 20]], Expires: 60,
    })
    const send = body => {
      const form = new FormData()
      Object.entries(fields).forEach(([name, value]) => form.append(name, value))
      form.append('file', new Blob([body]), 'mine.txt')
      return fetch(url, { method: 'POST', body: form })
    }
    const stored = await send('from a form')
    assert.equal(stored.status, 204, await stored.text())
    assert.equal(await text('js/form/mine.txt'), 'from a form')
    assert.equal((await send('x'.repeat(21))).status, 400)
  },
  async 'copy, list, delete'() {
    await s3.send(new CopyObjectCommand({
      Bucket, Key: 'js/copy', CopySource: `${Bucket}/${encodeURIComponent('js/ümläut & space.txt')}`,
    }))
    assert.equal(await text('js/copy'), 'hello')
    const keys = []
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket, Prefix: 'js/' })) {
      keys.push(...page.Contents.map(object => object.Key))
    }
    assert.deepEqual(keys, ['js/big', 'js/copy', 'js/form/mine.txt', 'js/pre', 'js/stream', 'js/sum', 'js/ümläut & space.txt'])
    const top = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }))
    assert.deepEqual(top.CommonPrefixes, [{ Prefix: 'js/' }])
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map(Key => ({ Key })) } }))
    await assert.rejects(text('js/copy'), NoSuchKey)
  },
}

for (const [name, step] of Object.entries(steps)) {
  await step()
  console.log('ok', name)
}
