import { openSqliteCache } from '../../infra/local/cache/sqlite-cache.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { describeCache } from './cache.ts';

describeCache('in memory', memoryCache);
describeCache('on SQLite', (now) => openSqliteCache(':memory:', now));
