import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { jsonText } from '../../../src/lib/json-text.ts';

test('a JSON document holds any text, and no control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = jsonText({ text });
      expect(JSON.parse(line)).toEqual({ text });
      // eslint-disable-next-line no-control-regex
      expect(line).not.toMatch(
        /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u,
      );
    }),
  );
});
