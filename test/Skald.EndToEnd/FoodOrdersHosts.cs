namespace Skald.EndToEnd;

/// <summary>All services in one process.</summary>
public sealed class FoodOrdersRoutesInOneProcess() : FoodOrdersRoutes(() => FoodOrdersSystem.StartAsync());

/// <summary>All services in one process.</summary>
public sealed class FoodOrdersHttpInOneProcess() : FoodOrdersHttp(() => FoodOrdersSystem.StartAsync());

/// <summary>The order service compiled ahead of time, the others as always.</summary>
[Collection("Native")]
public sealed class FoodOrdersRoutesNatively() : FoodOrdersRoutes(() => FoodOrdersSystem.StartWithAsync(NativeOrderService.File));

/// <summary>The order service compiled ahead of time, the others as always.</summary>
[Collection("Native")]
public sealed class FoodOrdersHttpNatively() : FoodOrdersHttp(() => FoodOrdersSystem.StartWithAsync(NativeOrderService.File));
