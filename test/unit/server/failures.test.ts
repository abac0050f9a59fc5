import { describe, expect, test } from 'vitest';

import { explainFailure, linesOfProcess } from '../../../src/lib/server/failures.ts';

const LOG = '/logs/server.log';
const REF = 'user/repo:Q4_K_M';

/** Lines as build 11669 wrote them, and what is made of them. */
const CASES: readonly (readonly [line: string, reason: string, hint: string])[] = [
  [
    "0.00.016.118 E llama_model_load: error loading model: unknown model architecture: 'lxama'",
    'this llama.cpp does not know the model architecture lxama',
    'llamero update',
  ],
  [
    "0.00.014.278 E llama_model_load: error loading model: unknown model architecture: ''",
    'the file is damaged: it names no architecture',
    'llamero verify user/repo:Q4_K_M',
  ],
  [
    "0.00.019.350 E llama_model_load: error loading model: tensor 'token_embd.weight' data is not within the file bounds, model is corrupted or incomplete",
    'the file is damaged: it ends too early',
    'llamero verify user/repo:Q4_K_M',
  ],
  [
    "0.00.017.697 E gguf_init_from_reader: invalid magic characters: 'notg', expected 'GGUF'",
    'the file is damaged: it is no GGUF file',
    'llamero verify',
  ],
  [
    '0.00.017.697 E gguf_init_from_reader: failed to read header',
    'the file is damaged',
    'llamero verify',
  ],
  [
    '0.00.012.873 E gguf_init_from_reader: failed to read key-value pairs',
    'the file is damaged',
    'llamero verify',
  ],
  [
    "0.00.019.056 E gguf_init_from_file: failed to open GGUF file '/home/o'brien/x.gguf' (No such file or directory)",
    'the file cannot be opened (No such file or directory)',
    'llamero list',
  ],
  [
    'this GGUF file is version 4 but this software only supports up to version 3',
    'the file is GGUF version 4, this llama.cpp reads up to version 3',
    'llamero update',
  ],
  [
    'llama_model_load: error loading model: done_getting_tensors: wrong number of tensors; expected 292, got 291',
    'the file has 292 tensors where this llama.cpp knows 291',
    'llamero update',
  ],
  [
    '0.00.077.929 E llama_init_from_model: failed to initialize the context: std::bad_alloc',
    'there is not enough memory for it',
    '-c 4096',
  ],
  [
    'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 8192.00 MiB on device 0: cudaMalloc failed: out of memory',
    'there is not enough memory for it',
    'llamero stop',
  ],
  [
    'ggml_vulkan: Device memory allocation of size 4294967296 failed.',
    'there is not enough memory for it',
    'smaller quant',
  ],
  [
    "srv    load_model: failed to load multimodal model, '/m/mmproj-F16.gguf'",
    'its projector (mmproj) would not load',
    'llamero update',
  ],
  [
    'llama_model_load: error loading model: invalid split count, given: 2 splits, but expected 3',
    'the parts of this split model do not belong together',
    '--repair',
  ],
  [
    'error while handling argument "--threads": stoi',
    '--threads has a bad value (stoi)',
    'llamero explain',
  ],
  [
    'error: invalid argument: --models-preset',
    'this llama-server does not know the flag --models-preset',
    'llamero update',
  ],
  [
    'llama-server: error while loading shared libraries: libgomp.so.1: cannot open shared object file',
    'a library is missing: libgomp.so.1',
    'llamero update',
  ],
  [
    '0.00.018.389 E llama_model_load: error loading model: error loading model hyperparameters: key not found in model: llama.embedding_length',
    'the file lacks a part that this llama.cpp needs',
    'llamero update',
  ],
  [
    '0.00.018.389 E llama_model_load: error loading model: something new\u001B[31m',
    'something new[31m',
    'llamero update',
  ],
];

describe('the reason of a failure', () => {
  test.each(CASES)('%s', (line, reason, hint) => {
    const lines = [
      '0.00.001.041 I srv  llama_server: initializing ...',
      line,
      '0.00.019.367 E llama_model_load_from_file_impl: failed to load model',
      '0.00.019.446 I srv    operator(): operator(): cleaning up before exit...',
      '0.00.019.893 E srv  llama_server: exiting due to model loading error',
    ];
    const failure = explainFailure(lines, { ref: REF }, LOG);
    expect(failure.reason).toBe(reason);
    expect(failure.hint).toContain(hint);
  });

  test('that nobody knows is the first error as it stands, without secrets', () => {
    const failure = explainFailure(
      [
        '0.1.2.3 I fine',
        '0.1.2.4 E srv  odd thing with hf_abcdefgh12345678',
        '0.1.2.5 E srv  the end',
      ],
      { ref: REF },
      LOG,
    );
    expect(failure).toEqual({
      reason: 'srv odd thing with [redacted]',
      hint: `The whole log is in ${LOG}`,
    });
  });

  test('of a process that said nothing is that it was killed', () => {
    const { reason } = explainFailure(['0.1.2.3 I srv  loading'], { ref: REF }, LOG);
    expect(reason).toContain('ended without a word');
  });
});

describe('the lines of one process', () => {
  test('are those with its port since it was started last', () => {
    const log = [
      '0.1 I srv load: spawning server instance with name=a on port 5000',
      '[5000] 0.1 E of an earlier one',
      '0.2 I srv load: spawning server instance with name=b on port 5001',
      '0.3 I srv load: spawning server instance with name=a on port 5000',
      '[5000] 0.1 I first',
      '[5001] 0.1 E of another',
      '[50001] 0.1 E of another still',
      '[5000] 0.2 E second',
      '',
    ].join('\n');
    expect(linesOfProcess(log, 5000)).toEqual(['0.1 I first', '0.2 E second']);
  });

  test('are all with its port when its start is no longer in the log', () => {
    expect(linesOfProcess('[5000] one\n[5000] two\n', 5000)).toEqual(['one', 'two']);
  });
});
