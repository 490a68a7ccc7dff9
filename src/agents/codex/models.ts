import type { ModelInfo } from '../../core/agent-event.ts';
import { records, text, type Wire } from '../../kit/acp/wire.ts';

/** A list that does not end is cut. */
const MAX_PAGES = 10;

/** What `model/list` offers to this login, page by page; models the CLI itself hides are left out. */
export async function listModels(request: (params: object) => Promise<Wire>): Promise<readonly ModelInfo[]> {
  const models: ModelInfo[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const reply = await request(cursor === undefined ? {} : { cursor });
    models.push(...records(reply.data).flatMap(readModel));
    cursor = text(reply.nextCursor);
    if (cursor === undefined) break;
  }
  return models;
}

function readModel(line: Wire): ModelInfo[] {
  const id = text(line.model) ?? text(line.id);
  if (id === undefined || line.hidden === true) return [];
  const label = text(line.displayName);
  const description = text(line.description);
  const efforts = records(line.supportedReasoningEfforts).flatMap(
    (effort) => text(effort.reasoningEffort) ?? [],
  );
  return [
    {
      id,
      ...(label === undefined ? {} : { label }),
      ...(description === undefined ? {} : { description }),
      ...(efforts.length === 0 ? {} : { efforts }),
    },
  ];
}
