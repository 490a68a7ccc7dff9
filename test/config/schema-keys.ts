import { z } from 'zod';

/** Every key of the schema, down to lists and maps of tables; keys seen elsewhere in full are not repeated. */
export function schemaKeys(schema: z.core.$ZodType, at: string): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return schemaKeys(schema.def.innerType, at);
  }
  if (schema instanceof z.ZodPipe) return schemaKeys(schema.def.in, at);
  if (schema instanceof z.ZodArray) return schemaKeys(schema.element, at);
  if (!(schema instanceof z.ZodObject)) return at === '' ? [] : [at];
  const repeated = /^projects\.(agents|agent_types|agent\.providers)$/;
  if (repeated.test(at)) return [];
  return Object.entries(schema.shape as Record<string, z.core.$ZodType>)
    .filter(([key]) => key !== 'at')
    .flatMap(([key, child]) => schemaKeys(child, at === '' ? key : `${at}.${key}`));
}
