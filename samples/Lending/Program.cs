using Lending;
using Microsoft.Extensions.Options;
using Skald;

var builder = WebApplication.CreateBuilder(args);

// Rules of settings and of requests are attributes; the framework holds both against them.
builder.Services.AddOptions<LendingOptions>().BindConfiguration("Lending").ValidateOnStart();
builder.Services.AddSingleton<IValidateOptions<LendingOptions>, LendingOptionsValidator>();
builder.Services.AddValidation();
builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, LendingJson.Default));

// One process here; each may as well be a process of its own, on the same broker.
var addresses = new AddressBook().AddSqlite();
builder.AddSkald("lending.desk", addresses, desk => desk.AddSaga<LendBookSaga>());
builder.AddSkald("lending.shelf", addresses, shelf => shelf.AddHandlers<ShelfHandlers>().AddSchema(ShelfHandlers.Books).AddSchema(ShelfHandlers.FirstBooks));
builder.AddSkald("lending.till", addresses, till => till.AddHandlers<TillHandlers>().AddSchema(TillHandlers.Deposits));

builder.Services.AddHealthChecks().AddSkald();
builder.Services.AddSkaldEdge();

var app = builder.Build();
app.UseSkaldEdge();
app.MapHealthChecks("/health");
app.MapLoans();
app.Run();
