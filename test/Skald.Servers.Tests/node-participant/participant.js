// The cash service of the shop, in JavaScript. See docs/guides/other-languages.md.
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import amqp from 'amqplib';

const service = 'shop.cash';
const queue = `${service}.commands`;
// One key or two, the first for what is sent; 'none' stands for no key.
const keys = (process.env.SKALD_WIRE_KEY ?? 'none').split(',').map(text => (text.trim() === 'none' ? null : Buffer.from(text, 'base64')));
if (keys.some(key => key && key.length < 32)) {
  throw new Error('SKALD_WIRE_KEY holds no key of at least 32 bytes');
}

const netstring = (text = '') => `${Buffer.byteLength(text)}:${text},`;

// Only where the system has a key.
function macOf(key, { type, messageId, appId, replyTo, correlationId }, kind, to, causation, body) {
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

function isBelieved({ properties, content }) {
  const { cloudEvents_mac: mac, cloudEvents_causationid: causation } = properties.headers ?? {};
  const isOf = key => timingSafeEqual(Buffer.from(String(mac).padEnd(32).slice(0, 32), 'latin1'), Buffer.from(macOf(key, properties, 'command', queue, causation?.toString(), content)));
  return keys.some(key => !key || isOf(key));
}

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
  const { messageId, type, replyTo, correlationId } = message.properties;
  if (!isBelieved(message)) {
    console.error(`not believed: ${messageId}`);
    channel.nack(message, false, false);
    return;
  }

  // Both: whoever knows an id alone must not answer for what it belongs to.
  const known = `${messageId} ${correlationId}`;
  if (!answers.has(known)) {
    answers.set(known, { id: randomUUID(), ...handlers[type](JSON.parse(message.content)) });
  }

  const answer = answers.get(known);
  const body = Buffer.from(JSON.stringify(answer.body));
  // What came as correlation-id goes back as it is: it says what is answered, and that the answer is asked for.
  const properties = { contentType: 'application/json', type: answer.type, messageId: answer.id, appId: service, correlationId, persistent: true };
  if (keys[0]) {
    const kind = answer.type.endsWith('.response.failure') ? 'refusal' : 'reply';
    properties.headers = { cloudEvents_mac: macOf(keys[0], properties, kind, replyTo, '', body) };
  }

  channel.sendToQueue(replyTo, body, properties);
  await channel.waitForConfirms();
  channel.ack(message);
});

console.log('ready');
