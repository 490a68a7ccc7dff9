import { definition } from '../../../src/agents/copilot/index.ts';
import { acpConformance } from '../acp-conformance.ts';

acpConformance(definition);
