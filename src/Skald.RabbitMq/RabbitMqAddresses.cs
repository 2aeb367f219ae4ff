using Skald.Messaging;
using Skald.RabbitMq;

namespace Skald
{
    /// <summary>Has a program know addresses such as <c>amqp://user:password@host:port/vhost</c>.</summary>
    public static class RabbitMqAddresses
    {
        /// <summary>Knows <c>amqp://...</c> and <c>amqps://...</c>, which carry messages.</summary>
        public static AddressBook AddRabbitMq(this AddressBook addresses)
        {
            ArgumentNullException.ThrowIfNull(addresses);
            return addresses.Add(new RabbitMqScheme());
        }
    }
}

namespace Skald.RabbitMq
{
    /// <summary>A broker, as it is used without options.</summary>
    internal sealed class RabbitMqScheme : AddressScheme
    {
        public override string BrokerForm => "'amqp://user:password@host:port/vhost'";

        public override WireDescription Wire { get; } = new RabbitWire(new RabbitMqOptions());

        public override bool Matches(string address) => Has(address, "amqp") || Has(address, "amqps");

        public override void UseBroker(SkaldBuilder builder, ServiceAddress at) => builder.UseRabbitMq(at.Address);
    }
}
