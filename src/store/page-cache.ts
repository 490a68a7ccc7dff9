/**
 * SQLite's page cache of each connection, as `cache_size` takes it: negative means KiB. What is read again soon is
 * little, and the system caches the file too; the default of the package would be 16 MB.
 */
export const pageCacheKib = -2048;
