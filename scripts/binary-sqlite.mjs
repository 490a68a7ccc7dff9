// Injected into the single executable: nothing can be looked up beside it, so it carries the package.
import Sqlite from 'better-sqlite3-napi';

export const __CC_SQLITE__ = () => Sqlite;
