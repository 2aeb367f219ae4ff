using Dapper;
using Skald;

namespace Skald_Service.Tests;

public sealed class StockHandlersTests : IDisposable
{
    private readonly Database _database = new();
    private readonly StockHandlers _handlers = new();

    [Fact]
    public void What_is_reserved_is_no_longer_there()
    {
        var reply = _handlers.Handle(new ReserveStock("coffee", 4), _database.Context);

        Assert.Equal(new StockReserved(6), reply.Value);
        Assert.Equal(6, Quantity());
    }

    [Fact]
    public void More_than_there_is_is_refused_and_nothing_is_taken()
    {
        var reply = _handlers.Handle(new ReserveStock("coffee", 11), _database.Context);

        Assert.Equal("OutOfStock", reply.Refusal?.Type);
        Assert.Equal(10, Quantity());
    }

    [Fact]
    public void What_is_released_is_there_again()
    {
        _handlers.Handle(new ReserveStock("coffee", 4), _database.Context);
        _handlers.Handle(new ReleaseStock("coffee", 4), _database.Context);

        Assert.Equal(10, Quantity());
    }

    public void Dispose() => _database.Dispose();

    private int Quantity() => _database.Context.Connection.ExecuteScalar<int>("SELECT quantity FROM stock WHERE product = 'coffee'", transaction: _database.Context.Transaction);
}
