/** The parser alone, without the streaming and writing parts of the package. */
declare module '@iarna/toml/parse-string.js' {
  export default function parse(text: string): unknown;
}
