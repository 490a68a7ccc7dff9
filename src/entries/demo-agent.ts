import { runDemoAgent } from '../agents/demo/program.ts';

await runDemoAgent();
