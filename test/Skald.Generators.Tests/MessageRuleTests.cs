namespace Skald.Generators.Tests;

public sealed class Rules_of_messages
{
    [Theory]
    [InlineData("{|SKALD120:Send|}", "public sealed record Ask : ICommand<Done>;")]
    [InlineData("{|SKALD121:Send|}", """[Command("seats.ask")] public sealed record Ask : ICommand<Done>;""")]
    [InlineData("{|SKALD122:Send|}", """[Command("seats.ask", To = "seats")] public sealed record Ask : ICommand;""")]
    [InlineData("{|SKALD189:Send|}", """[Command("seats.ask", To = "seats")] public sealed record Ask : ICommand<Done>, ICommand<Trip>;""")]
    [InlineData("{|SKALD182:Send|}", """[Event("ASK")] public sealed record Ask : ICommand<Done>;""")]
    [InlineData("Send<{|SKALD180:ICommand|}>", """[Command("seats.ask", To = "seats")] public sealed record Ask : ICommand<Done>;""")]
    [InlineData("{|SKALD181:Send|}", """[Command("seats.base", To = "seats")] public record Base : ICommand<Done>; public sealed record Ask : Base;""")]
    public Task Say_what_start_up_says(string send, string message) => Told.AtTypingAndAtStartUp(Texts.Saga(
        $$"""saga.Step("ask").{{send}}(t => new Ask()).NothingToUndo("a question");""") + message);

    [Fact]
    public Task Say_so_where_a_type_is_named() => Told.AtTypingAndAtStartUp(Texts.Saga(
        """saga.WaitFor<{|SKALD120:Answered|}>("answer");""") + "public sealed record Answered : IEvent;");

    [Fact]
    public Task Say_nothing_of_types_that_nobody_sends() => Told.AtTyping("""
        public record Base : IEvent;

        [Event("ASKED")]
        public sealed record Asked : Base;

        [Event("ANSWERED")]
        public sealed record Answered : Base;
        """);

    [Fact]
    public Task Say_that_two_events_have_one_name() => Told.AtTypingAndAtStartUp(Texts.Saga(
        """
        saga.WaitFor<Asked>("ask");
        saga.WaitFor<Answered>("answer");
        """) + """
        [Event({|SKALD123:"ASKED"|})]
        public sealed record Asked : IEvent;

        [Event({|SKALD123:"ASKED"|})]
        public sealed record Answered : IEvent;
        """);

    [Fact]
    public Task Say_that_two_replies_have_one_name() => Told.AtTypingAndAtStartUp(Texts.Saga(
        """
        saga.Step("ask").Send(t => new Ask()).NothingToUndo("a question");
        saga.Step("tell").Send(t => new Tell()).NothingToUndo("an answer");
        """) + """
        [Command("seats.ask", To = "seats", Reply = {|SKALD123:"seats.told"|})]
        public sealed record Ask : ICommand<Done>;

        [Command("seats.tell", To = "seats", Reply = {|SKALD123:"seats.told"|})]
        public sealed record Tell : ICommand<Trip>;
        """);

    [Fact]
    public Task Let_two_services_have_a_type_each_for_one_message() => Told.AtTyping("""
        namespace Seats
        {
            [Command("seats.ask", To = "seats", Reply = "seats.told")]
            public sealed record Ask(string Id) : ICommand<Done>;
        }

        namespace Trips
        {
            [Command("seats.ask", To = "seats", Reply = "seats.told")]
            public sealed record Ask(string Id, string By) : ICommand<Done>;
        }
        """);
}
