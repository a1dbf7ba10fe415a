// Avro records of every type between assay-serde and the two npm clients, both ways; equal bytes. The longs are those that
// avsc takes; near -2^53 it writes the wrong sign.
const { SchemaRegistryClient, AvroSerializer, AvroDeserializer, SerdeType, HeaderSchemaIdSerializer } = require('@confluentinc/schemaregistry')
const { SchemaRegistry } = require('@kafkajs/confluent-schema-registry')
const assert = require('assert')
const { execFileSync } = require('child_process')
const fs = require('fs')
const path = require('path')

const COUNT = 12
const HEADER = '__value_schema_id'
const url = process.env.ASSAY_HTTP
const schema = fs.readFileSync(path.join(__dirname, '..', 'types', 'all.avsc'), 'utf8')
const client = new SchemaRegistryClient({ baseURLs: [url] })

const inner = n => ({ a: n, b: `b${n}` })
const chain = depth => depth ? { n: depth, next: chain(depth - 1) } : null
const minimal = number => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(number))
  let at = 0
  while (at < 7 && ((bytes[at] === 0 && bytes[at + 1] < 128) || (bytes[at] === 255 && bytes[at + 1] > 127))) at++
  return bytes.subarray(at)
}
const eight = number => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(number))
  return bytes
}

// The n-th record; the Rust side makes the same one. avsc leaves logical types as what they are made of.
function value (n) {
  const [sign, odd] = [n % 2 === 0 ? 1 : -1, n % 2 === 1]
  const inners = [...Array(n % 3).keys()].map(inner)
  return {
    nothing: null,
    flag: n % 2 === 0,
    small: [0, -1, 2 ** 31 - 1, -(2 ** 31)][n % 4],
    big: [0, -1, 2 ** 51, -(2 ** 51)][n % 4],
    single: 0.5 * n,
    double: -0.25 * n,
    raw: Buffer.from([...Array(n).keys()].map(i => i * 37 % 256)),
    text: `grüße-日本-${n}`,
    suit: ['SPADES', 'HEARTS', 'CLUBS'][n % 3],
    hash: Buffer.from([n, 1, 2, 255]),
    list: [...Array(n % 4).keys()],
    counts: odd ? { k: n } : {},
    maybe: odd ? `x${n}` : null,
    turned: odd ? null : `y${n}`,
    choice: [n, 's', inner(n), ['p', 'q']][n % 4],
    price: minimal(sign * (n * 100 + 5)),
    fee: eight(sign * (n * 1000 + 7)),
    key: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
    day: 19000 + n,
    time_ms: 1000 * n + 1,
    time_us: 1000000 * n + 1,
    at_ms: 1700000000000 + n,
    at_us: 1700000000000000 + n,
    local_ms: 1600000000000 + n,
    local_us: 1600000000000000 + n,
    inner: inner(n),
    inners,
    groups: odd ? { k: inners } : {},
    chain: chain(n % 5)
  }
}

// Unions as they are written: avsc's wrapped form, for those that it wraps.
const plain = object => JSON.parse(JSON.stringify(object, (_, v) => v && v.type === 'Buffer' ? `0x${Buffer.from(v.data).toString('hex')}` : v))
const rust = (what, framing, input = '') =>
  execFileSync(process.env.ASSAY_INTEROP_TYPES, [what, 'avro53', framing], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
const records = text => text.trim().split('\n').map(line => line.split(' ').map(part => part === '-' ? null : Buffer.from(part, 'hex')))

async function confluent (framing) {
  const topic = 'types-node'
  await client.register(`${topic}-value`, { schemaType: 'AVRO', schema })
  const config = framing === 'header' ? { schemaIdSerializer: HeaderSchemaIdSerializer } : {}
  const serializer = new AvroSerializer(client, SerdeType.VALUE, { autoRegisterSchemas: false, useLatestVersion: true, ...config })
  const [lines, theirs] = [[], []]
  for (let n = 0; n < COUNT; n++) {
    const headers = {}
    const bytes = await serializer.serialize(topic, value(n), headers)
    const header = headers[HEADER]
    assert.strictEqual(header !== undefined, framing === 'header')
    lines.push(`${header ? Buffer.from(header).toString('hex') : '-'} ${bytes.toString('hex')}`)
    theirs.push(header ? bytes : bytes.subarray(5))
  }
  rust('read', framing, lines.join('\n'))
  const deserializer = new AvroDeserializer(client, SerdeType.VALUE, {})
  const ours = records(rust('write', framing))
  assert.strictEqual(ours.length, COUNT)
  for (const [n, [header, bytes]] of ours.entries()) {
    const headers = header ? { [HEADER]: header } : {}
    const got = await deserializer.deserialize('types-rust-avro53', bytes, headers)
    assert.deepStrictEqual(plain(got), plain(value(n)), `record ${n}`)
    assert.deepStrictEqual(header ? bytes : bytes.subarray(5), theirs[n], `the bytes of record ${n} differ`)
  }
}

async function kafkajs () {
  const registry = new SchemaRegistry({ host: url })
  const { id } = await registry.register({ type: 'AVRO', schema }, { subject: 'types-kafkajs-value' })
  const theirs = []
  for (let n = 0; n < COUNT; n++) theirs.push(await registry.encode(id, value(n)))
  rust('read', 'prefix', theirs.map(bytes => `- ${bytes.toString('hex')}`).join('\n'))
  const ours = records(rust('write', 'prefix'))
  for (const [n, [, bytes]] of ours.entries()) {
    assert.deepStrictEqual(plain(await registry.decode(bytes)), plain(value(n)), `record ${n}`)
    assert.deepStrictEqual(bytes.subarray(5), theirs[n].subarray(5), `the bytes of record ${n} differ`)
  }
}

async function main () {
  let failed = 0
  const scenes = {
    '@confluentinc/schemaregistry by prefix': () => confluent('prefix'),
    '@confluentinc/schemaregistry by header': () => confluent('header'),
    '@kafkajs/confluent-schema-registry': kafkajs
  }
  for (const [name, scene] of Object.entries(scenes)) {
    try {
      await scene()
      console.log(`ok - every type, ${name}: node to rust and back`)
    } catch (error) {
      failed++
      console.log(`not ok - every type, ${name}\n${error.stack}\n${error.stderr ?? ''}`)
    }
  }
  process.exit(failed ? 1 : 0)
}
main()
