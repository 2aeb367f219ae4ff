using System.Buffers;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Skald.Messaging;
using Skald.RabbitMq;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class A_parcel
{
    [Fact]
    public void Is_read_as_it_was_written()
    {
        var parcel = new ArrayBufferWriter<byte>();
        string[] envelopes = ["{}", "", "{\"id\":\"\n7 7\n\"}"], bodies = ["", "12 3\n", "\u00e4\0\n"];
        foreach (var (envelope, body) in envelopes.Zip(bodies))
        {
            ParcelFormat.Append(parcel, Encoding.UTF8.GetBytes(envelope), Encoding.UTF8.GetBytes(body));
        }

        var parts = ParcelFormat.TryRead(parcel.WrittenMemory);
        Assert.Equal(envelopes.Zip(bodies), parts!.Select(p => (Encoding.UTF8.GetString(p.Envelope.Span), Encoding.UTF8.GetString(p.Body.Span))));
        for (var length = 0; length < parcel.WrittenCount; length++)
        {
            // Cut off at the end of a message it is a shorter parcel.
            Assert.True(ParcelFormat.TryRead(parcel.WrittenMemory[..length]) is not { Count: >= 3 });
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("2 1")]
    [InlineData("2 1\n{}")]
    [InlineData("2 1\n{}1")]
    [InlineData("2 1\n{}1x")]
    [InlineData("-1 1\n1\n")]
    [InlineData("2147483647 2147483647\n{}")]
    [InlineData("99999999999 1\n{}1\n")]
    [InlineData("2 1\n{}1\nx")]
    public void Is_none_when_its_lengths_do_not_fit(string text) => Assert.Null(ParcelFormat.TryRead(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Is_acknowledged_when_each_of_its_messages_is_dealt_with_once()
    {
        var tag = new DeliveryTag(7, 2);
        var delivery = new RabbitDelivery("", default, null!, tag);
        Assert.True(delivery.TryDealWith());
        Assert.False(delivery.TryDealWith());
        Assert.False(tag.Count());
        Assert.True(tag.Count());
    }

    [Fact]
    public void Is_known_by_its_number_when_it_is_sent_back()
    {
        var envelope = new Envelope { Id = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), Type = "t", Kind = MessageKind.Command, Source = "s", Destination = "q", Time = DateTimeOffset.UnixEpoch };
        var batch = new SendBatch([new OutgoingMessage(envelope, default), new OutgoingMessage(envelope, default)], 0);
        var (one, other) = (new Parcel(batch, 0), new Parcel(batch, 0));
        Assert.True(one.TryAdd(1, 2) && other.TryAdd(1, 2));
        var settled = new List<(Parcel Parcel, bool Returned)>();
        var unconfirmed = new Unconfirmed((parcel, returned, _) => settled.Add((parcel, returned)), TimeProvider.System);
        Assert.Equal((1UL, 2UL), (unconfirmed.Add(one), unconfirmed.Add(other)));
        unconfirmed.Note(new BasicReturnEventArgs(312, "NO_ROUTE", Topology.Parcels, "q", new BasicProperties { MessageId = ParcelWriter.Id(2) }, default));
        Assert.Equal(2, unconfirmed.Settle(2, multiple: true, null));
        Assert.Equal([(one, false), (other, true)], settled);
    }

    [Fact]
    public void Is_delivered_to_one_who_acknowledges_at_once_however_large_the_backlog()
    {
        var came = 0;
        DeliveryWindow? window = null;
        window = new DeliveryWindow(1, _ =>
        {
            came++;
            if (came > 1)
            {
                window!.Release(1);
            }
        });
        for (var i = 0; i < 100_000; i++)
        {
            window.Add(new Delivery("", default));
        }

        window.Release(1);
        Assert.Equal(100_000, came);
    }

    [Fact]
    public void Is_delivered_as_far_as_the_window_allows()
    {
        var came = new List<string>();
        var window = new DeliveryWindow(2, d => came.Add(d.Unreadable!));
        foreach (var name in (string[])["a", "b", "c", "d", "e"])
        {
            window.Add(new Delivery(name, default));
        }

        Assert.Equal(["a", "b"], came);
        window.Release(1);
        Assert.Equal(["a", "b", "c"], came);
        window.Close();
        window.Release(2);
        Assert.Equal(["a", "b", "c"], came);
    }
}
