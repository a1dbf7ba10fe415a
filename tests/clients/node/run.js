// kafkajs with @kafkajs/confluent-schema-registry: Avro, codecs none and gzip, a consumer group, and a refusal.
const fs = require('fs')
const path = require('path')
const { Kafka, CompressionTypes, logLevel } = require('kafkajs')
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')

const COUNT = 2000
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [process.env.ASSAY_KAFKA], logLevel: logLevel.NOTHING })
const registry = new SchemaRegistry({ host: process.env.ASSAY_HTTP })
const schema = fs.readFileSync(path.join(__dirname, '../../../schemas/examples/orders.avsc'), 'utf8')
const order = n => ({ id: `order-${n}`, customer: 'c', items: [{ sku: 's', qty: n, price: 1.5 }], created: 1700000000000 + n })

let failed = 0
async function check (name, fn) {
  try {
    await fn()
    console.log(`ok - kafkajs ${name}`)
  } catch (error) {
    failed++
    console.log(`not ok - kafkajs ${name}\n${error.stack}`)
  }
}

async function roundTrip (topic, compression) {
  const { id } = await registry.register({ type: SchemaType.AVRO, schema }, { subject: `${topic}-value` })
  const producer = kafka.producer()
  await producer.connect()
  for (let at = 0; at < COUNT; at += 500) {
    const messages = []
    for (let n = at; n < at + 500; n++) messages.push({ key: `${n}`, value: await registry.encode(id, order(n)) })
    await producer.send({ topic, compression, messages })
  }
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: `readers-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const seen = []
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${seen.length} of ${COUNT} read back`)), 60000)
    consumer.run({
      eachMessage: async ({ message }) => {
        const value = await registry.decode(message.value)
        seen.push(value.items[0].qty)
        if (seen.length === COUNT) { clearTimeout(timer); resolve() }
      }
    }).catch(reject)
  })
  await consumer.disconnect()
  const bad = seen.findIndex((qty, n) => qty !== n)
  if (bad !== -1) throw new Error(`record ${bad} is out of order`)
}

async function refused () {
  const topic = 'kafkajs-refused'
  const { id } = await registry.register({ type: SchemaType.AVRO, schema }, { subject: `${topic}-value` })
  const producer = kafka.producer({ retry: { retries: 0 } })
  await producer.connect()
  const good = await registry.encode(id, order(1))
  try {
    await producer.send({ topic, messages: [{ value: good.subarray(0, good.length - 3) }] })
    throw new Error('a truncated record was accepted')
  } catch (error) {
    if (error.message === 'a truncated record was accepted') throw error
  }
  await producer.send({ topic, messages: [{ value: good }] })
  await producer.disconnect()
  const admin = kafka.admin()
  await admin.connect()
  const [{ high }] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  if (high !== '1') throw new Error(`high watermark ${high}, expected 1`)
}

// The idempotent producer of kafkajs counts a sequence number when a batch is stored: a refusal uses up none, so it goes on.
async function goesOn () {
  const topic = 'kafkajs-goes-on'
  const { id } = await registry.register({ type: SchemaType.AVRO, schema }, { subject: `${topic}-value` })
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 5 } })
  await producer.connect()
  let stored = 0
  for (let n = 0; n < 12; n++) {
    const good = await registry.encode(id, order(n))
    const bad = n % 3 === 1
    let error
    try {
      const [{ baseOffset }] = await producer.send({ topic, messages: [{ value: bad ? good.subarray(0, good.length - 3) : good }] })
      if (!bad && baseOffset !== `${stored++}`) throw new Error(`record ${n} is stored at ${baseOffset}`)
    } catch (e) { error = e }
    if (!bad && error) throw error
    if (bad && !error) throw new Error('a truncated record was accepted')
    // Version 2.2.4 knows no error codes above 87 and gives this one its number or its name.
    if (bad && error.code !== 87 && !/87|INVALID_RECORD|validate/.test(error.message)) throw error
  }
  await producer.disconnect()
}

// There are no transactions: asked for a coordinator the broker answers error 53, which kafkajs puts in these words.
async function transactional () {
  const producer = kafka.producer({ transactionalId: 'kafkajs-transactional', idempotent: true, maxInFlightRequests: 1, retry: { retries: 1 } })
  let error
  try {
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'kafkajs-transactional', messages: [{ value: 'x' }] })
  } catch (e) { error = e }
  await producer.disconnect()
  if (!error) throw new Error('a transactional producer was let in')
  if (error.name !== 'KafkaJSGroupCoordinatorNotFound') throw error
}

async function admin () {
  const client = kafka.admin()
  await client.connect()
  await client.createTopics({ topics: [{ topic: 'kafkajs-admin', numPartitions: 3 }], waitForLeaders: true })
  const { topics } = await client.fetchTopicMetadata({ topics: ['kafkajs-admin'] })
  if (topics[0].partitions.length !== 3) throw new Error('expected 3 partitions')
  await client.deleteTopics({ topics: ['kafkajs-admin'] })
  await client.disconnect()
}

(async () => {
  await check('avro, no codec', () => roundTrip('kafkajs-none', CompressionTypes.None))
  await check('avro, gzip', () => roundTrip('kafkajs-gzip', CompressionTypes.GZIP))
  await check('a bad record is refused, the next accepted', refused)
  await check('an idempotent producer goes on after refusals', goesOn)
  await check('a transactional producer is refused', transactional)
  await check('create and delete topics', admin)
  process.exit(failed ? 1 : 0)
})()
