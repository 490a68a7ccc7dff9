import { runWriter } from '../store/writer.ts';

runWriter();
