using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FoodOrders.Accounting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ParkingChoreography.Billing;
using ParkingChoreography.Contracts;
using Skald.Messaging;
using Skald.Tests;
using Storefront;

namespace Skald.EndToEnd;

/// <summary>Whatever clients and other services send to the samples is taken, or refused with what is wrong.</summary>
public sealed class A_parser_of_the_samples
{
    [Fact]
    public void Of_food_orders_names_what_is_wrong()
    {
        var services = new ServiceCollection();
        services.AddSkald("food-orders.order", new FoodOrders.Orders.OrderModule().Configure);
        using var provider = services.BuildServiceProvider();
        var rules = BodyRules.Of(typeof(FoodOrders.Orders.OrderRequest), provider);
        Fuzzer.Run(
        [.. Bytes("""{"consumerId":70,"cardId":1,"price":20.50,"items":[{"name":"Dish 1","quantity":2},{"name":"é","quantity":1}]}""", """{"consumerId":0,"cardId":"1","price":1e30,"items":[]}""", "[]")],
        bytes =>
        {
            if (Request(bytes) is not { } request)
            {
                return "no request";
            }

            FoodOrders.Orders.OrderRequest body;
            try
            {
                body = JsonBody.Read<FoodOrders.Orders.OrderRequest>(request.Body, JsonSerializerOptions.Web);
            }
            catch (JsonException exception)
            {
                return exception.Path;
            }

            var errors = rules.BrokenAsync(body, provider, CancellationToken.None).GetAwaiter().GetResult();
            var order = errors.Count == 0 ? body.ToOrder() : null;
            Assert.True(order is null || (order.Price * 100 % 1 == 0 && order.Items.All(item => item.Quantity > 0 && item.Name.Length > 0)));
            return Outcome(order, errors);
        });
    }

    [Fact]
    public void Of_storefront_orders_names_what_is_wrong() => Fuzzer.Run(
        [.. Bytes("""{"item":"widget","quantity":50,"user":"jack","gift":{"wrap":[true,null,"\u0041"]}}""", """{"Item":"x","quantity":1e3,"user":"","uuid":"mine","a":1,"A":2}""", "{}")],
        bytes =>
        {
            if (Request(bytes) is not { } request)
            {
                return "no request";
            }

            var (order, errors) = Storefront.Frontend.OrderRequest.Read(request.Body);
            Assert.Equal(order is null, errors.Count > 0);
            // What is taken can travel.
            Assert.True(order is null || Serializer.Read(Serializer.Write(order), typeof(OrderPlaced)) is OrderPlaced);
            return Outcome(order, errors);
        });

    [Fact]
    public void Of_storefront_messages_lets_nothing_pass_that_cannot_be_worked_with() => Fuzzer.Run(
        [
            .. Bytes(
                """{"uuid":"00000001-0002-0003-0000-000000000000","item":"widget","quantity":50,"user":"jack","status":"Order placed.","gift":{"wrap":["\u0041"]}}""",
                """{"uuid":"00000001-0002-0003-0000-000000000000","item":"widget","quantity":50,"user":"jack","price_per_unit":10.5,"total_invoice":525,"reason":"none","payment-error":null}""",
                """{"uuid":"00000001-0002-0003-0000-000000000000","item":"wotsit","quantity":5,"user":"jill"}""",
                """{"uuid":"00000001-0002-0003-0000-000000000000","item":"widget","quantity":50,"user":"jack","total_invoice":79228162514264337593543950335}""",
                """{"uuid":"00000001-0002-0003-0000-000000000000","item":"widget","quantity":50,"user":"jack","gift":"\ud83d\ude00"}""",
                """{"uuid":"00000001-0002-0003-0000-000000000000","item":"widget","quantity":50,"user":"jack","gift":"\ud800"}""",
                """{"uuid":"00000001-0002-0003-0000-000000000000","item":"widget","quantity":50,"user":"jack","status":"\u0000"}"""),
        ],
        bytes =>
        {
            // What it brings along is passed on, and put into books.
            var read = (OrderMessage)Serializer.Read(bytes, bytes.Length % 2 == 0 ? typeof(PaymentCreated) : typeof(OrderFailed));
            var passedOn = (OrderCancelled)Serializer.Read(Serializer.Write(new OrderCancelled(read)), typeof(OrderCancelled));
            Assert.Equal((read.Uuid, read.Rest?.Count), (passedOn.Uuid, passedOn.Rest?.Count));
            Assert.DoesNotContain('\0', $"{read.Item}{read.User}{read.Status}{read.Reason}");
            return $"{Cents.From(read.PricePerUnit ?? 0)} {Cents.From(read.TotalInvoice ?? 0)} {read.Rest?.Count}";
        },
        typeof(JsonException));

    [Fact]
    public void Of_messages_writes_again_whatever_it_has_read()
    {
        Type[] types = [.. ((Type[])[typeof(FoodOrders.AuthorizeCard), typeof(BookingReference), typeof(ParkingOrchestration.Contracts.PayBill), typeof(ParkingEventSourcing.Contracts.SlotUnavailable), typeof(OrderPlaced)])
            .SelectMany(t => t.Assembly.GetTypes()).Where(t => t is { IsPublic: true, IsAbstract: false } && (t.IsDefined(typeof(CommandAttribute), false) || t.IsDefined(typeof(EventAttribute), false)))];
        const string AllFields = """
            {"uuid":"00000001-0002-0003-0000-000000000000","item":"widget","quantity":5,"user":"jack","reason":"r","consumer_id":1,"card_id":2,"amount":1.5,"order_id":3,"customer_id":4,"ticket_id":5,
            "transaction_id":6,"items":[{"name":"x","quantity":1}],"referenceNo":"r","total":2.5,"returned":1,"parkingSlotUuid":"u","parkingSlotRefNo":"r","id":1,"status":"created","bookingUuid":"b","heldBy":null}
            """;
        Fuzzer.Run(
            [.. types.Select((_, i) => Encoding.UTF8.GetBytes(AllFields + new string(' ', i)))],
            bytes =>
            {
                var type = types[bytes.Length % types.Length];
                var written = Serializer.Write(Serializer.Read(bytes, type));
                Assert.Equal(written, Serializer.Write(Serializer.Read(written, type)));
                return type.Name;
            },
            typeof(JsonException));
    }

    [Fact]
    public void Of_amounts_takes_money_only() => Fuzzer.Run(
        [.. Bytes("99.50", "100", "+0.01", "1000000000", "-5", "0.001", "79228162514264337593543950335")],
        bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            var cents = Money.CentsOf(text);
            Assert.Equal(cents / 100m, decimal.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture));
            Assert.InRange(cents, 1, 100_000_000_000);
            return cents;
        },
        typeof(RefusedException));

    [Fact]
    public void Of_references_writes_them_in_one_way() => Fuzzer.Run(
        [.. Bytes("00000001-0002-0003-0000-000000000000", "00000001-0002-0003-0000-000000000000:00000004-0005-0006-0000-000000000000", "{00000001-0002-0003-0000-00000000000A}")],
        bytes =>
        {
            var normal = BookingReference.Normalize(Encoding.UTF8.GetString(bytes));
            Assert.True(normal is null || BookingReference.Normalize(normal) == normal);
            return normal?.Length > 36 ? "booking" : normal is null ? "neither" : "slot";
        });

    [Fact]
    public void Of_the_card_providers_address_takes_what_can_be_called() => Fuzzer.Run(
        [.. Bytes("http://127.0.0.1:5090/", "https://cards.example/api", "cards.example:80", "")],
        bytes =>
        {
            var options = new CardProviderOptions { Address = Encoding.UTF8.GetString(bytes) };
            if (options.Validate(new ValidationContext(options)).Any())
            {
                return "refused";
            }

            Assert.True(options.Elsewhere is null || (options.Elsewhere.Scheme is "http" or "https" && new Uri(options.Elsewhere, "authorizations/1").Host == options.Elsewhere.Host));
            return options.Elsewhere?.Scheme;
        });

    private static MessageSerializer Serializer { get; } = new();

    private static IEnumerable<byte[]> Bytes(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);

    /// <summary>What an endpoint is given; null when the client has been told already what is wrong.</summary>
    private static IdempotentRequest? Request(byte[] body)
    {
        var http = new DefaultHttpContext { Request = { Method = "POST", Path = "/orders", Body = new MemoryStream(body) } };
        var (request, problem) = IdempotentRequestReader.ReadAsync(http).GetAwaiter().GetResult();
        Assert.True(request is null == problem is not null);
        return request;
    }

    private static string Outcome(object? order, IDictionary<string, string[]> errors) => order is not null ? "an order" : string.Join(' ', errors.Select(e => e.Value[0]));
}
