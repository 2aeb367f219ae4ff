namespace Skald.Sqlite;
