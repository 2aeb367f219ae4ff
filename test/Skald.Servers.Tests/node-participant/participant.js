// The cash service of the shop, in JavaScript. See docs/guides/other-languages.md.
import { createHash, createHmac, randomUUID } from 'node:crypto';
import amqp from 'amqplib';

const service = 'shop.cash';
const queue = `${service}.commands`;
const key = process.env.SKALD_WIRE_KEY ? Buffer.from(process.env.SKALD_WIRE_KEY, 'base64') : null;

const netstring = (text = '') => `${Buffer.byteLength(text)}:${text},`;

// Only where the system has a key.
function macOf({ type, messageId, appId, replyTo, correlationId }, kind, to, causation, body) {
  const parts = [
    type, kind, messageId, appId, 'queue', to, replyTo, correlationId, '', '', '', '', causation, '',
    createHash('sha256').update(body).digest('hex'),
  ];
  return createHmac('sha256', key).update(parts.map(netstring).join('')).digest('hex').slice(0, 32);
}

const connection = await amqp.connect(process.env.AMQP_URL);
const channel = await connection.createConfirmChannel();
await channel.assertQueue(`${queue}.dead`, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
await channel.assertQueue(queue, {
  durable: true,
  arguments: {
    'x-queue-type': 'quorum',
    'x-delivery-limit': 50,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': `${queue}.dead`,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  },
});

// A command may come twice; its message-id is then the same. A real service keeps this in its
// database, in the transaction of the effect.
const answers = new Map();

const handlers = {
  'cash.charge': ({ order, amount }) =>
    amount >= 50
      ? { type: 'cash.charge.response.failure', body: { type: 'CardDeclined', message: `${amount} is too much for order ${order}` } }
      : { type: 'cash.charge.response.success', body: { receipt: 4711 } },
};

await channel.prefetch(100);
await channel.consume(queue, async message => {
  const { messageId, type, replyTo, correlationId, headers } = message.properties;
  if (key && headers.cloudEvents_mac !== macOf(message.properties, 'command', queue, headers.cloudEvents_causationid, message.content)) {
    console.error(`not believed: ${messageId}`);
    channel.nack(message, false, false);
    return;
  }

  if (!answers.has(messageId)) {
    answers.set(messageId, { id: randomUUID(), ...handlers[type](JSON.parse(message.content)) });
  }

  const answer = answers.get(messageId);
  const body = Buffer.from(JSON.stringify(answer.body));
  // What came as correlation-id goes back as it is: it says what is answered, and that the answer is asked for.
  const properties = { contentType: 'application/json', type: answer.type, messageId: answer.id, appId: service, correlationId, persistent: true };
  if (key) {
    const kind = answer.type.endsWith('.response.failure') ? 'refusal' : 'reply';
    properties.headers = { cloudEvents_mac: macOf(properties, kind, replyTo, '', body) };
  }

  channel.sendToQueue(replyTo, body, properties);
  await channel.waitForConfirms();
  channel.ack(message);
});

console.log('ready');
