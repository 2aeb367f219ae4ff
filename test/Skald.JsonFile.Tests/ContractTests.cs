using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.JsonFile;

public sealed class Json_file_store_keeps_the_contract : IDisposable
{
    private readonly JsonFileGround _ground = new();

    public static TheoryData<string> Cases => [.. StoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) => StoreContract.RunAsync(name, _ground.ForStores());

    public void Dispose() => _ground.Dispose();
}

public sealed class Json_file_events_keep_the_contract : IDisposable
{
    private readonly JsonFileGround _ground = new();

    public static TheoryData<string> Cases => [.. EventStoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) => EventStoreContract.RunAsync(name, _ground.OpenAsync);

    public void Dispose() => _ground.Dispose();
}

/// <summary>What the port asks for and no case of the suite can make.</summary>
public sealed class A_json_file_that_is_not_as_it_must_be : IDisposable
{
    private readonly JsonFileGround _ground = new();

    [Theory]
    [InlineData("""{ "Format": 2, "Owner": "a.service" }""")]
    [InlineData("""{ "Owner": "a.service", "Sagas": [""")]
    [InlineData("null")]
    public async Task Is_refused_at_the_start_and_unchanged(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_ground.FilePath)!);
        await File.WriteAllTextAsync(_ground.FilePath, content);
        await using var store = new JsonFileStore(_ground.FilePath);
        await Assert.ThrowsAsync<StoreSetupException>(() => store.StartAsync("a.service", [], default));
        Assert.Equal(content, await File.ReadAllTextAsync(_ground.FilePath));
    }

    public void Dispose() => _ground.Dispose();
}
