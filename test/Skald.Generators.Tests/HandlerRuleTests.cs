namespace Skald.Generators.Tests;

public sealed class Rules_of_handlers
{
    [Theory]
    [InlineData("public sealed class {|SKALD126:Handlers|} { public int Count { get; init; } }")]
    [InlineData("public sealed class Handlers { public Reply<Booked> {|SKALD126:Handle|}(Book command) => new Booked(command.Id); }")]
    [InlineData("public sealed class Handlers { public static void {|SKALD126:Handle|}(TripEnded e, MessageContext context) { } }")]
    [InlineData("public sealed class Handlers { internal void {|SKALD126:Handle|}(TripEnded e, MessageContext context) { } }")]
    [InlineData("public sealed class Handlers { public void {|SKALD126:Handle|}(TripEnded e, StepContext context) { } }")]
    [InlineData("public sealed class Handlers { public Booked {|SKALD127:Handle|}(Book command, MessageContext context) => new(command.Id); }")]
    [InlineData("public sealed class Handlers { public Task<Booked> {|SKALD127:Handle|}(Book command, MessageContext context) => Task.FromResult(new Booked(command.Id)); }")]
    [InlineData("public sealed class Handlers { public void {|SKALD127:Handle|}(Book command, MessageContext context) { } }")]
    [InlineData("public sealed class Handlers { public Reply<Done> {|SKALD127:Handle|}(Book command, MessageContext context) => Done.Instance; }")]
    [InlineData("public sealed class Handlers { public Reply<Done> {|SKALD144:Handle|}(TripEnded e, MessageContext context) => Done.Instance; }")]
    [InlineData("public sealed class Handlers { public void {|SKALD180:Handle|}(IEvent e, MessageContext context) { } }")]
    [InlineData("public sealed class Handlers { public void {|SKALD180:Handle|}<T>(T e, MessageContext context) where T : class, IEvent { } }")]
    public Task Say_what_start_up_says(string handlers) => Told.AtTypingAndAtStartUp(Texts.Handlers(handlers));

    [Theory]
    [InlineData("public sealed class Handlers { public Reply<Booked> Handle(Book command, MessageContext context) => new Booked(command.Id); }")]
    [InlineData("public sealed class Handlers { public async Task<Reply<Booked>> Handle(Book command, MessageContext context) { await Task.Yield(); return new Booked(command.Id); } }")]
    [InlineData("public sealed class Handlers { public ValueTask<Reply<Booked>> Handle(Book command, MessageContext context) => new(new Booked(command.Id)); }")]
    [InlineData("public sealed class Handlers { public Task Handle(TripEnded e, MessageContext context) => Task.CompletedTask; private static void Handle(string text) { } }")]
    [InlineData("public abstract class Base { public void Handle(TripEnded e, MessageContext context) { } } public sealed class Handlers : Base;")]
    [InlineData("""
        public sealed class Handlers : IHandleOutside<Book, Booked, int>
        {
            public Task<int> CallAsync(Book command, OutsideContext context, CancellationToken cancellationToken) => Task.FromResult(1);

            public Reply<Booked> Record(Book command, int outcome, MessageContext context) => new Booked(command.Id);
        }
        """)]
    public Task Say_nothing_of_what_starts(string handlers) => Told.AtTypingAlone(Texts.Handlers(handlers));

    [Theory]
    [InlineData("public void {|SKALD212:Handle|}(TripApproved e) { }")]
    [InlineData("public void {|SKALD212:Handle|}(TripApproved e, MessageContext context, CancellationToken stop) { }")]
    [InlineData("private void {|SKALD212:Handle|}(TripApproved e, MessageContext context) { }")]
    [InlineData("public async void {|SKALD211:Handle|}(TripApproved e, MessageContext context) => await Task.Yield();")]
    public Task Say_what_start_up_does_not_see_beside_another_handler(string handler) => Told.AtTypingAlone(Texts.Handlers(
        $$"""public sealed class Handlers { public void Handle(TripEnded e, MessageContext context) { } {{handler}} }"""));

    [Fact]
    public Task Leave_others_alone_also_those_of_the_same_name() => Told.AtTypingAlone(Texts.Handlers(
        """
        public sealed class Handlers { public void Handle(TripEnded e, MessageContext context) { } }

        public sealed class Others
        {
            public sealed class Handlers { public void Handle(TripEnded e) { } }

            public void Handle(TripEnded e) { }
        }
        """));
}
