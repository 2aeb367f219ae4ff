// The cash service of the shop, in JavaScript. See docs/guides/other-languages.md.
import amqp from 'amqplib';

const queue = 'shop.cash.commands';
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
  const { messageId, type, replyTo, correlationId } = message.properties;
  if (!answers.has(messageId)) {
    answers.set(messageId, handlers[type](JSON.parse(message.content)));
  }

  const answer = answers.get(messageId);
  channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(answer.body)), {
    contentType: 'application/json', type: answer.type, correlationId, persistent: true,
  });
  await channel.waitForConfirms();
  channel.ack(message);
});

console.log('ready');
