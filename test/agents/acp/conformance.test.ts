import { definition } from '../../../src/agents/acp/index.ts';
import { acpConformance } from '../acp-conformance.ts';

acpConformance(definition);
