// Edits to checkpoints: each is found, and the verifier says where.

import { describeEdits } from './tamper.fixture.ts';
import { CHECKPOINT_EDITS } from './tamper-checkpoints.fixture.ts';

describeEdits('tampering with checkpoints', CHECKPOINT_EDITS);
