import { definition } from '../../../src/agents/kimi/index.ts';
import { acpConformance } from '../acp-conformance.ts';

acpConformance(definition);
