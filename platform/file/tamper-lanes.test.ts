// Edits to lane files: each is found, and the verifier says where.

import { describeEdits } from './tamper.fixture.ts';
import { LANE_EDITS } from './tamper-lanes.fixture.ts';

describeEdits('tampering with lanes', LANE_EDITS);
