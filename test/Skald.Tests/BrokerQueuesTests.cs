using Skald.Messaging;
using Skald.Messaging.Tables;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class Queues_of_a_broker_whose_messages_are_rows : IBrokerWriter
{
    private readonly BrokerQueues _queues;
    private readonly List<long> _delivered = [];
    private long _ids;
    private int _urgent;
    private int _calm;

    public Queues_of_a_broker_whose_messages_are_rows() => _queues = new BrokerQueues(this, name => new BrokerQueue(name));

    [Fact]
    public void Hand_over_in_memory_and_never_write_what_is_dealt_with_soon()
    {
        Consume(window: 10);
        var (message, sent) = Send();
        Assert.Equal([message.Id], _delivered);
        Assert.Empty(_queues.Collect(everything: false).Writes.Messages);
        Assert.False(sent.IsCompleted);

        message.Acknowledge();
        Assert.True(sent.IsCompleted);
        Assert.True(_queues.Collect(everything: true).IsEmpty);
    }

    [Fact]
    public void Write_for_anyone_at_once_what_no_consumer_here_has_room_for()
    {
        Consume(window: 1);
        Send();
        var urgent = _urgent;
        var (second, sent) = Send();
        Assert.Equal(urgent + 1, _urgent);
        var batch = _queues.Collect(everything: false);
        Assert.Equal([second], batch.Writes.Messages);
        Assert.True(second.IsForAnyone);
        _queues.Written(batch, []);
        Assert.True(sent.IsCompleted);
        Assert.True(second.Queue.HasBacklog);
    }

    [Fact]
    public void Let_nothing_pass_what_waits_in_the_database()
    {
        Consume(window: 10);
        _queues["q"].HasBacklog = true;
        var (message, _) = Send();
        Assert.Empty(_delivered);
        Assert.Equal([message], _queues.Collect(everything: false).Writes.Messages);
    }

    [Fact]
    public void Delete_what_was_dealt_with_while_it_was_being_written()
    {
        Consume(window: 10);
        var (message, sent) = Send();
        var batch = _queues.Collect(everything: true);
        Assert.Equal([message], batch.Writes.Messages);
        Assert.False(message.IsForAnyone);
        var woken = _calm;
        message.Acknowledge();
        Assert.Equal(woken + 1, _calm);
        Assert.False(sent.IsCompleted);
        _queues.Written(batch, []);
        Assert.True(sent.IsCompleted);
        Assert.Equal([message.Id], _queues.Collect(everything: false).Writes.Acknowledged);
    }

    [Fact]
    public void Delete_what_was_dealt_with_although_its_writing_seemed_to_fail()
    {
        Consume(window: 10);
        var (message, sent) = Send();
        var batch = _queues.Collect(everything: true);
        message.Acknowledge();
        _queues.NotWritten(batch);
        Assert.True(sent.IsCompleted);
        var next = _queues.Collect(everything: true);
        Assert.Empty(next.Writes.Messages);
        Assert.Equal([message.Id], next.Writes.Acknowledged);
    }

    [Fact]
    public void Write_again_with_the_next_transaction_what_a_failed_one_wrote()
    {
        Consume(window: 10);
        var (message, sent) = Send();
        _queues.NotWritten(_queues.Collect(everything: true));
        Assert.False(sent.IsCompleted);
        Assert.Equal([message], _queues.Collect(everything: true).Writes.Messages);
    }

    [Fact]
    public async Task Free_what_a_consumer_that_leaves_has_not_dealt_with()
    {
        var leaving = Consume(window: 10);
        var (written, _) = Send();
        _queues.Written(_queues.Collect(everything: true), []);
        var (unwritten, _) = Send();
        _queues["q"].HasBacklog = false;
        await leaving.DisposeAsync();
        Assert.True(_queues["q"].HasBacklog);

        var batch = _queues.Collect(everything: false);
        Assert.Equal([written], batch.Writes.Returned);
        Assert.Equal([unwritten], batch.Writes.Messages);
        Assert.True(unwritten.IsForAnyone);
        written.Acknowledge();
        Assert.Empty(_queues.Collect(everything: true).Writes.Acknowledged);
    }

    [Fact]
    public void Look_again_when_they_are_woken_up_while_the_database_is_being_asked()
    {
        Consume(window: 10);
        _queues.WakeUp();
        var asked = _queues.Collect(everything: false);
        Assert.Single(asked.Wanted);
        // Another process has committed a message, after the answer was made.
        _queues.WakeUp();
        _queues.Written(asked, [[]]);
        Assert.Single(_queues.Collect(everything: false).Wanted);
    }

    [Fact]
    public async Task Look_again_for_what_a_consumer_gave_back_while_the_database_was_being_asked()
    {
        Consume(window: 10);
        var leaving = Consume(window: 10);
        _queues.WakeUp();
        var asked = _queues.Collect(everything: false);
        await leaving.DisposeAsync();
        _queues.Written(asked, [[]]);
        Assert.Single(_queues.Collect(everything: false).Wanted);
    }

    [Fact]
    public void Do_not_fall_asleep_when_they_are_woken_up_while_that_is_being_told()
    {
        var queues = new BrokerQueues(this, name => new SleepingQueue(name, new FakeTime()));
        queues.Consume("q", 10, _ => { });
        queues.Written(queues.Collect(everything: false), [[]]);
        var telling = queues.Collect(everything: false);
        Assert.True(Assert.Single(telling.Wanted).FallsAsleep);
        // Another process has seen the sleeper, and deleted its row.
        queues.WakeUp();
        queues.Written(telling, [[]]);
        Assert.Null(queues["q"].NapLeft);
        queues.Written(queues.Collect(everything: false), [[]]);
        Assert.True(Assert.Single(queues.Collect(everything: false).Wanted).FallsAsleep);
    }

    [Fact]
    public void Let_the_loop_sleep_while_a_consumer_has_enough()
    {
        var time = new FakeTime();
        var queues = new BrokerQueues(this, name => new SleepingQueue(name, time));
        queues.Consume("q", 1000, _ => { });
        // Nothing is there: it falls asleep, which is told with the next look.
        queues.Written(queues.Collect(everything: false), [[]]);
        queues.Written(queues.Collect(everything: false), [[]]);
        queues["q"].HasBacklog = false;
        Assert.NotNull(queues.Nap());
        queues.Send([.. Enumerable.Range(0, 150).Select(_ => new BrokerMessage(++_ids, Message(), queues["q"], null))]);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(queues.Collect(everything: false).Wanted);
        Assert.Null(queues.Nap());
    }

    [Fact]
    public void Free_what_was_taken_when_nobody_has_room_for_it_any_more()
    {
        Consume(window: 1);
        var queue = _queues["q"];
        var taken = Enumerable.Range(0, 2).Select(_ => new BrokerMessage(++_ids, Message(), queue, null)).ToList();
        _queues.Written(new BrokerBatch(new BrokerWrites([], [], []), [new BrokerWant(queue, 5)]), [taken]);
        Assert.Equal([taken[0].Id], _delivered);
        Assert.True(queue.HasBacklog);
        Assert.Equal([taken[1]], _queues.Collect(everything: false).Writes.Returned);
    }

    [Fact]
    public void Take_small_bites_and_only_when_the_last_is_nearly_eaten()
    {
        Consume(window: 1000);
        var queue = _queues["q"];
        queue.HasBacklog = true;
        Assert.Equal((queue, 200), Wanted());

        var taken = Enumerable.Range(0, 200).Select(_ => new BrokerMessage(++_ids, Message(), queue, null)).ToList();
        _queues.Written(new BrokerBatch(new BrokerWrites([], [], []), [new BrokerWant(queue, 200)]), [taken]);
        Assert.True(queue.HasBacklog);
        Assert.Empty(_queues.Collect(everything: false).Wanted);
        Delivery.AcknowledgeAll([.. taken.Take(100)]);
        Assert.Equal((queue, 200), Wanted());
    }

    void IBrokerWriter.Wake(bool urgent) => (_urgent, _calm) = urgent ? (_urgent + 1, _calm) : (_urgent, _calm + 1);

    Task IBrokerWriter.FlushAsync() => Task.CompletedTask;

    /// <summary>A consumer of a queue that is known to be empty.</summary>
    private (BrokerQueue, int) Wanted() => Assert.Single(_queues.Collect(everything: false).Wanted) is var want ? (want.Queue, want.Count) : default;

    private IAsyncDisposable Consume(int window)
    {
        var consumer = _queues.Consume("q", window, d => _delivered.Add(((BrokerMessage)d).Id));
        _queues["q"].HasBacklog = false;
        return consumer;
    }

    private (BrokerMessage Message, Task Sent) Send()
    {
        var batch = new SendBatch(1);
        var message = new BrokerMessage(++_ids, Message(), _queues["q"], batch);
        _queues.Send([message]);
        return (message, batch.Done);
    }

    private static OutgoingMessage Message() => new(
        new Envelope { Id = Guid.CreateVersion7(), Type = "t", Kind = MessageKind.Command, Source = "s", Destination = "q", Time = DateTimeOffset.UnixEpoch }, "{}"u8.ToArray());
}
