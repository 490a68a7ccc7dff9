/** The commented example with every setting. */
import { EXAMPLE_TEXT } from './example-text.ts';

/** The text of `config.example.toml`, also inside a bundle or a single executable. */
export function exampleConfig(): string {
  return EXAMPLE_TEXT;
}
