import type { GgufMetadata, GgufTensor } from './writer.ts';
import { writeGguf } from './writer.ts';

/** What a tiny projector is like. */
export interface TinyProjectorOptions {
  /** The file to write; its folder must exist. */
  readonly path: string;
  /** `general.name`, `Tiny projector` unless told. */
  readonly name?: string;
  /** Embedding width of the model it goes with, 256 unless told. */
  readonly embeddingSize?: number;
}

const WIDTH = 32;
const HIDDEN_WIDTH = 64;
const IMAGE_SIZE = 28;
const PATCH_SIZE = 14;
const PATCHES = (IMAGE_SIZE / PATCH_SIZE) ** 2;
const CHANNELS = 3;

/**
 * Writes a real image projector (`mmproj`) of about 400 kB that llama-server loads beside a tiny
 * model: a vision encoder of one block in the form of LLaVA 1.5, all weights zero. The model then
 * takes images, sees nothing in them, and answers its sentence.
 *
 * @see https://github.com/ggml-org/llama.cpp/blob/master/tools/mtmd/clip.cpp
 */
export async function writeTinyProjector(options: TinyProjectorOptions): Promise<void> {
  const target = options.embeddingSize ?? 256;
  await writeGguf(options.path, {
    metadata: describe(options, target),
    tensors: [
      { name: 'v.patch_embd.weight', dimensions: [PATCH_SIZE, PATCH_SIZE, CHANNELS, WIDTH] },
      { name: 'v.position_embd.weight', dimensions: [WIDTH, PATCHES] },
      ...encoderBlock(),
      ...norm('v.post_ln'),
      ...layer('mm.0', WIDTH, target),
      ...layer('mm.2', target, target),
    ],
  });
}

function describe(options: TinyProjectorOptions, target: number): GgufMetadata {
  return {
    'general.architecture': { type: 'string', value: 'clip' },
    'general.type': { type: 'string', value: 'mmproj' },
    'general.name': { type: 'string', value: options.name ?? 'Tiny projector' },
    'general.file_type': { type: 'uint32', value: 0 },
    'clip.has_vision_encoder': { type: 'bool', value: true },
    'clip.projector_type': { type: 'string', value: 'mlp' },
    'clip.use_gelu': { type: 'bool', value: true },
    'clip.vision.image_size': { type: 'uint32', value: IMAGE_SIZE },
    'clip.vision.patch_size': { type: 'uint32', value: PATCH_SIZE },
    'clip.vision.embedding_length': { type: 'uint32', value: WIDTH },
    'clip.vision.feed_forward_length': { type: 'uint32', value: HIDDEN_WIDTH },
    'clip.vision.projection_dim': { type: 'uint32', value: target },
    'clip.vision.block_count': { type: 'uint32', value: 1 },
    'clip.vision.attention.head_count': { type: 'uint32', value: 1 },
    'clip.vision.attention.layer_norm_epsilon': { type: 'float32', value: 1e-5 },
    'clip.vision.image_mean': { type: 'array', of: 'float32', value: [0.5, 0.5, 0.5] },
    'clip.vision.image_std': { type: 'array', of: 'float32', value: [0.5, 0.5, 0.5] },
  };
}

function encoderBlock(): GgufTensor[] {
  const attention = ['attn_q', 'attn_k', 'attn_v', 'attn_out'];
  return [
    ...norm('v.blk.0.ln1'),
    ...norm('v.blk.0.ln2'),
    ...attention.flatMap((name) => layer(`v.blk.0.${name}`, WIDTH, WIDTH)),
    ...layer('v.blk.0.ffn_up', WIDTH, HIDDEN_WIDTH),
    ...layer('v.blk.0.ffn_down', HIDDEN_WIDTH, WIDTH),
  ];
}

function layer(name: string, from: number, to: number): GgufTensor[] {
  return [
    { name: `${name}.weight`, dimensions: [from, to] },
    { name: `${name}.bias`, dimensions: [to] },
  ];
}

function norm(name: string): GgufTensor[] {
  return [
    { name: `${name}.weight`, dimensions: [WIDTH], fillRow: (row) => row.fill(1) },
    { name: `${name}.bias`, dimensions: [WIDTH] },
  ];
}
