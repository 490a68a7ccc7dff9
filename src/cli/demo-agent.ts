/** Hidden: the built-in demo agent, started by the daemon as a child process. */
export async function demoAgent(): Promise<number> {
  const { runDemoAgent } = await import('../agents/demo/program.ts');
  await runDemoAgent();
  return 0;
}
