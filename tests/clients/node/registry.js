// The whole life of a subject with @confluentinc/schemaregistry, and with @kafkajs/confluent-schema-registry.
const { SchemaRegistryClient } = require('@confluentinc/schemaregistry')
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')
const assert = require('assert')

const url = process.env.ASSAY_HTTP
const record = (...fields) => JSON.stringify({
  type: 'record', name: 'R', namespace: 'life', fields: fields.map(name => ({ name, type: 'string', default: '' }))
})
const avro = (...fields) => ({ schemaType: 'AVRO', schema: record(...fields) })
const incompatible = { schemaType: 'AVRO', schema: '{"type":"record","name":"R","namespace":"life","fields":[{"name":"n","type":"int"}]}' }
const refused = async (code, promise) => {
  const error = await promise.then(() => null, e => e)
  assert(error, `not refused, expected ${code}`)
  assert.strictEqual(error.errorCode ?? error.status, code, error.message)
}
// Each look-up asks the server: a fresh client has an empty cache.
const client = () => new SchemaRegistryClient({ baseURLs: [url] })

async function versions (s) {
  const ids = []
  for (const fields of [['a'], ['a', 'b'], ['a', 'b', 'c']]) ids.push(await client().register(s, avro(...fields)))
  assert.strictEqual(new Set(ids).size, 3)
  assert.strictEqual((await client().registerFullResponse(s, avro('a'))).id, ids[0])
  assert.deepStrictEqual(await client().getAllVersions(s), [1, 2, 3])
  const latest = await client().getLatestSchemaMetadata(s)
  assert.deepStrictEqual([latest.version, latest.id, latest.schema], [3, ids[2], record('a', 'b', 'c')])
  const second = await client().getSchemaMetadata(s, 2)
  assert.strictEqual(second.id, ids[1])
  assert.strictEqual((await client().getBySubjectAndId(s, ids[0])).schema, record('a'))
  assert.strictEqual((await client().getByGuid(second.guid)).schema, record('a', 'b'))
  assert.strictEqual(await client().getId(s, avro('a', 'b')), ids[1])
  assert.strictEqual(await client().getVersion(s, avro('a', 'b')), 2)
  assert((await client().getAllSubjects()).includes(s))
  await refused(40403, client().getId(s, avro('zzz')))
  await refused(40402, client().getSchemaMetadata(s, 9))
  await refused(40401, client().getAllVersions(s + '-none'))
}

async function compatibility (s) {
  await client().register(s, avro('a'))
  assert.strictEqual(await client().testSubjectCompatibility(s, avro('a', 'b')), true)
  assert.strictEqual(await client().testCompatibility(s, 1, incompatible), false)
  await refused(409, client().register(s, incompatible))
  assert.strictEqual(await client().updateCompatibility(s, 'NONE'), 'NONE')
  assert.strictEqual(await client().getCompatibility(s), 'NONE')
  await client().register(s, incompatible)
  const config = await client().updateConfig(s, { compatibility: 'FULL', normalize: true })
  assert.strictEqual(config.normalize, true)
  assert.strictEqual((await client().getConfig(s)).compatibilityLevel, 'FULL')
  assert.strictEqual(await client().getDefaultCompatibility(), 'BACKWARD')
}

async function deletes (s) {
  await client().register(s, avro('a'))
  await client().register(s, avro('a', 'b'))
  assert.strictEqual(await client().deleteSubjectVersion(s, 1), 1)
  assert.deepStrictEqual(await client().getAllVersions(s), [2])
  assert.strictEqual((await client().getSchemaMetadata(s, 1, true)).version, 1)
  assert.strictEqual(await client().deleteSubjectVersion(s, 1, true), 1)
  assert.deepStrictEqual(await client().deleteSubject(s), [2])
  await refused(40404, client().deleteSubject(s))
  assert.deepStrictEqual(await client().deleteSubject(s, true), [2])
  await refused(40401, client().getAllVersions(s))
}

async function references (s) {
  await client().register(`${s}-item`, { schemaType: 'AVRO', schema: '{"type":"record","name":"Item","namespace":"life","fields":[]}' })
  const order = {
    schemaType: 'AVRO',
    schema: '{"type":"record","name":"Order","namespace":"life","fields":[{"name":"i","type":"Item"}]}',
    references: [{ name: 'life.Item', subject: `${s}-item`, version: 1 }]
  }
  await client().register(s, order)
  assert.deepStrictEqual((await client().getLatestSchemaMetadata(s)).references, order.references)
  assert.strictEqual(await client().getVersion(s, order), 1)
  await refused(42206, client().deleteSubject(`${s}-item`))
  await client().deleteSubject(s)
  assert.deepStrictEqual(await client().deleteSubject(`${s}-item`), [1])
}

async function contextsAndMetadata (s) {
  const inside = `:.node:${s}`
  const id = await client().register(inside, avro('inside', 'a', 'context'))
  assert.strictEqual((await client().getBySubjectAndId(inside, id)).schema, record('inside', 'a', 'context'))
  assert.strictEqual(await client().getVersion(inside, avro('inside', 'a', 'context')), 1)
  assert((await client().getAllSubjects()).includes(inside))
  assert.strictEqual(await client().updateCompatibility(inside, 'NONE'), 'NONE')
  await client().register(inside, incompatible)
  assert.deepStrictEqual(await client().deleteSubject(inside), [1, 2])
  assert.deepStrictEqual(await client().deleteSubject(inside, true), [1, 2])
  await refused(40401, client().getAllVersions(inside))
  for (const owner of ['x', 'y']) await client().register(s, { ...avro('a'), metadata: { properties: { owner } } })
  assert.strictEqual((await client().getLatestWithMetadata(s, { owner: 'x' })).version, 1)
}

async function normalized (s) {
  const text = '{"type":"record","name":"R","doc":"d","fields":[],"b":1,"a":2}'
  const other = '{"type":"record","name":"R","fields":[],"a":2,"doc":"d","b":1}'
  const id = await client().register(s, { schemaType: 'AVRO', schema: text }, true)
  assert.strictEqual(await client().register(s, { schemaType: 'AVRO', schema: other }, true), id)
  assert.strictEqual(await client().getId(s, { schemaType: 'AVRO', schema: other }, true), id)
  const json = order => ({ schemaType: 'JSON', schema: JSON.stringify(Object.fromEntries(order.map(k => [k, 'x']))) })
  const first = await client().register(`${s}-json`, json(['title', 'description']), true)
  assert.strictEqual(await client().getId(`${s}-json`, json(['description', 'title']), true), first)
  assert.deepStrictEqual(await client().getAllVersions(s), [1])
}

// Neither npm client has calls for modes; what they send must be refused and taken up again all the same.
async function modes (s) {
  const mode = async mode => assert.strictEqual((await fetch(`${url}/mode/${s}`, {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ mode })
  })).status, 200)
  await client().register(s, avro('a'))
  await mode('READONLY')
  await refused(42205, client().register(s, avro('a', 'b')))
  await refused(42205, client().deleteSubject(s))
  await client().register(s, avro('a')) // what is there is answered
  await mode('READWRITE')
  await client().register(s, avro('a', 'b'))
}

async function kafkajsClient (s) {
  const registry = () => new SchemaRegistry({ host: url })
  const first = await registry().register({ type: SchemaType.AVRO, schema: record('a') }, { subject: s })
  const second = await registry().register({ type: SchemaType.AVRO, schema: record('a', 'b') }, { subject: s })
  assert.strictEqual(await registry().getLatestSchemaId(s), second.id)
  assert.strictEqual(await registry().getRegistryId(s, 1), first.id)
  assert.strictEqual(await registry().getRegistryIdBySchema(s, { type: SchemaType.AVRO, schema: record('a') }), first.id)
  const value = { a: 'x' }
  const framed = await registry().encode(first.id, value)
  assert.deepStrictEqual({ ...await registry().decode(framed) }, value)
  const bad = registry().register({ type: SchemaType.AVRO, schema: incompatible.schema }, { subject: s })
  await assert.rejects(bad, /incompatible/i)
  const json = { type: SchemaType.JSON, schema: '{"type":"object","properties":{"a":{"type":"string"}}}' }
  const { id } = await registry().register(json, { subject: `${s}-json` })
  assert.deepStrictEqual(await registry().decode(await registry().encode(id, value)), value)
  const proto = { type: SchemaType.PROTOBUF, schema: 'syntax = "proto3"; package life; message M { string a = 1; }' }
  const registered = await registry().register(proto, { subject: `${s}-proto` })
  assert.strictEqual((await registry().decode(await registry().encode(registered.id, value))).a, 'x')
}

async function main () {
  let failed = 0
  for (const scene of [versions, compatibility, deletes, modes, references, contextsAndMetadata, normalized, kafkajsClient]) {
    try {
      await scene(`node-${scene.name}`)
      console.log(`ok - node registry client: ${scene.name}`)
    } catch (error) {
      failed++
      console.log(`not ok - node registry client: ${scene.name}\n${error.stack}`)
    }
  }
  process.exit(failed ? 1 : 0)
}
main()
