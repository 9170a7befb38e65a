import { z } from 'zod';
import type { Executor, ExecutorTools } from './executor.ts';
import { command } from './executors/command.ts';
import { http } from './executors/http.ts';

/** Every kind of executor. A new one is a file in `executors/` and a line here. */
export const executorKinds = [command, http] as const;

export const executorConfig = z.discriminatedUnion('kind', [command.config, http.config]);
export type ExecutorConfig = z.output<typeof executorConfig>;

export function createExecutor(config: ExecutorConfig, tools?: ExecutorTools): Executor {
  switch (config.kind) {
    case 'command':
      return command.create(config, tools);
    case 'http':
      return http.create(config, tools);
  }
}
